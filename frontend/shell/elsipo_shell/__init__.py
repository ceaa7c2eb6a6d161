"""The shell: a process that holds Elsipo's native windows, through CEF.

It speaks JSON-RPC with the host over stdin and stdout (`bridge_spec/openrpc/shell.yaml`), runs on Python 3.7 to 3.13
with the standard library and one CEF binding, and must not know SIP, accounts, or anything of the package `elsipo`.
"""
