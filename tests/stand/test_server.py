"""The server of the stand beside its applications: clients that vanish."""

import logging
import socket

import pytest


@pytest.mark.parametrize("path", ["/user-service/oauth/token", "/stand/messages"])
def test_a_client_that_hangs_up_in_its_request_is_one_calm_line(stand, caplog, path):
    head = f"POST {path} HTTP/1.1\r\nHost: stand\r\nAuthorization: Bearer {stand.admin_token}\r\n"
    with socket.create_connection((stand._http.host, stand._http.port), timeout=60) as client:
        client.sendall(f"{head}Content-Length: 100\r\n\r\nhalf".encode())
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):  # until the stand closes: then it has said what it had to say
            pass
    [said] = caplog.records
    assert (said.levelno, said.exc_info) == (logging.WARNING, None)
    assert "hung up" in said.getMessage()
