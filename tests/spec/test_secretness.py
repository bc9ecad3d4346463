from __future__ import annotations

import pytest

from ecsinfer.spec.secretness import (
    concealed,
    looks_secret,
    secret_arguments,
    secret_by_name,
    secret_by_value,
)


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD", "DB_PASSWORD", "dbPassword", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "SECRET",
        "CLIENT_SECRET", "API_KEY", "OPENAI_API_KEY", "openaiApiKey", "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID", "PRIVATE_KEY", "APIKEY", "DB_CREDENTIALS", "PASSPHRASE", "DB_PWD",
    ],
)  # fmt: skip
def test_names_of_secrets_are_known(name: str) -> None:
    assert looks_secret(name, "value")


@pytest.mark.parametrize(
    "name",
    [
        "MAX_TOKENS", "TOKENIZER", "TOKENIZERS_PARALLELISM", "MAX_NUM_BATCHED_TOKENS", "EOS_TOKEN",
        "PAD_TOKEN", "TOKEN_LIMIT", "SECRET_NAME", "SECRET_ARN", "PASSWORD_FILE", "CACHE_KEY",
        "PARTITION_KEY", "PWD", "COMPASS", "KEY", "MODEL", "",
    ],
)  # fmt: skip
def test_settings_of_models_are_not_taken_for_secrets(name: str) -> None:
    assert not secret_by_name(name)


@pytest.mark.parametrize("value", ["", "true", "FALSE", "none", "0", "30"])
def test_switches_and_small_numbers_are_no_secrets(value: str) -> None:
    assert not looks_secret("REQUIRE_API_KEY", value)


@pytest.mark.parametrize(
    "value",
    [
        "hf_" + "a" * 30, "sk-" + "a" * 30, "ghp_" + "a" * 36, "AKIA" + "A" * 16,
        "postgres://user:hunter2@db/x", "-----BEGIN PRIVATE KEY-----\n", "nvapi-" + "a" * 30,
    ],
)  # fmt: skip
def test_values_that_look_like_keys_are_known_whatever_their_name(value: str) -> None:
    assert looks_secret("SETTING", value)


@pytest.mark.parametrize(
    "value", ["http://host:8000/v1", "s3://bucket/key", "hf-internal/tiny", "a@b", "sk-learn"]
)
def test_addresses_and_names_are_no_secrets(value: str) -> None:
    assert not looks_secret("SETTING", value)


@pytest.mark.parametrize(
    "value",
    ["Authorization: Bearer abc.def-123456", "key is sk-" + "a" * 30 + "; use it"],
)
def test_a_key_is_known_in_the_middle_of_a_text(value: str) -> None:
    assert secret_by_value(value)


@pytest.mark.parametrize(
    ("words", "secret"),
    [
        (["--api-key", "swordfish", "--port", "8000"], {1}),
        (["serve", "--token=swordfish"], {1}),
        (["--password", "sword fish"], {1}),
        (["--header", "Authorization: Bearer swordfish"], {1}),
        (["sh", "-c", "serve --port 80 --api-key 'swordfish'"], {2}),
        (["sh", "-c", "export HF_TOKEN=swordfish && serve"], {2}),
        (["--db", "postgres://me:swordfish@db"], {1}),
        (["--api-key", "${ssm:/key}"], {1}),
        (["serve", "x", "sk-" + "a" * 30], {2}),
    ],
)
def test_a_secret_among_the_words_of_a_command_is_known(words: list[str], secret: set[int]) -> None:
    assert secret_arguments(words) == secret
    assert "swordfish" not in "".join(concealed(words))


@pytest.mark.parametrize(
    "words",
    [
        ["--model", "/models/llama", "--max-tokens", "4096", "--tokenizer", "auto"],
        ["sh", "-c", 'serve --api-key "$API_KEY" --token=${TOKEN} --password $(cat /run/p)'],
        ["--enable-api-key", "true", "--api-key", "--port", "8000"],
        ["--eos-token", "</s>", "--chat-template", "a=b"],
        ["", "-"],
    ],
)
def test_what_a_shell_reads_or_a_model_needs_is_no_secret(words: list[str]) -> None:
    assert not secret_arguments(words)
    assert concealed(words) == words
