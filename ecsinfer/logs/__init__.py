"""What containers wrote: which streams of CloudWatch Logs are a service's, and their lines in order.

Everything here is a decision or a question as data; whoever asks hands in the reader.
"""
