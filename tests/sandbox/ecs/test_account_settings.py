from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ecs.refusals import refusal

USER = "arn:aws:iam::123456789012:user/someone"
ROOT = "arn:aws:iam::123456789012:root"


def listed(ecs: Any, **filters: Any) -> dict[str, str]:
    pages = ecs.get_paginator("list_account_settings").paginate(**filters)
    return {item["name"]: item["value"] for page in pages for item in page["settings"]}


@pytest.mark.rule("A5", "C10")
def test_what_nobody_set_is_what_aws_begins_with(ecs: Any) -> None:
    assert listed(ecs) == {}
    effective = listed(ecs, effectiveSettings=True)
    assert effective["containerInsights"] == "disabled"
    assert effective["taskLongArnFormat"] == "enabled"
    assert effective["awsvpcTrunking"] == "disabled"
    assert effective["defaultLogDriverMode"] == "non-blocking"


def test_a_principals_own_setting_wins_over_the_accounts_and_can_be_forgotten(ecs: Any) -> None:
    ecs.put_account_setting_default(name="awsvpcTrunking", value="enabled")
    put = ecs.put_account_setting(name="awsvpcTrunking", value="disabled", principalArn=USER)
    assert put["setting"] == {
        "name": "awsvpcTrunking",
        "value": "disabled",
        "principalArn": USER,
        "type": "user",
    }
    assert listed(ecs, effectiveSettings=True)["awsvpcTrunking"] == "enabled"
    assert listed(ecs, principalArn=USER) == {"awsvpcTrunking": "disabled"}
    ecs.delete_account_setting(name="awsvpcTrunking", principalArn=USER)
    assert listed(ecs, principalArn=USER) == {}
    assert listed(ecs, principalArn=USER, effectiveSettings=True)["awsvpcTrunking"] == "enabled"


def test_the_root_users_settings_are_the_accounts(ecs: Any) -> None:
    ecs.put_account_setting(name="containerInsights", value="enhanced", principalArn=ROOT)
    assert listed(ecs, effectiveSettings=True)["containerInsights"] == "enhanced"
    assert listed(ecs, principalArn=ROOT) == {"containerInsights": "enhanced"}


def test_settings_are_filtered_by_name_and_value(ecs: Any) -> None:
    only = listed(ecs, effectiveSettings=True, name="taskLongArnFormat")
    assert only == {"taskLongArnFormat": "enabled"}
    none = listed(ecs, effectiveSettings=True, name="taskLongArnFormat", value="disabled")
    assert none == {}
    with refusal("InvalidParameterException", "setting name"):
        ecs.list_account_settings(value="enabled")


@pytest.mark.parametrize(
    ("name", "value"), [("containerInsights", "on"), ("guardDutyActivate", "off")]
)
def test_a_value_that_cannot_be_is_refused(ecs: Any, name: str, value: str) -> None:
    with refusal("InvalidParameterException", name):
        ecs.put_account_setting(name=name, value=value)
