"""Run by the peers' Python (make peers): the published uploader-client sends one file and prints what it got.

Arguments: base URL, datamart, table, operation, file.
"""

import asyncio
import json
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

from django.conf import settings  # noqa: E402

settings.configure(USE_TZ=True)  # the client asks Django for the time

from uploader_client import set_config  # noqa: E402
from uploader_client.adapters import UploaderAdapter  # noqa: E402
from uploader_client.configurations import Config  # noqa: E402
from uploader_client.interfaces.rest import OpenAPIRequest  # noqa: E402
from uploader_client.logging.base import AbstractLogger  # noqa: E402


class Quiet(AbstractLogger):  # its own stdlib logger cannot be awaited, which it does
    async def log(self, entry):
        return None


class Upload(OpenAPIRequest):
    def __init__(self, datamart, table, operation, body):
        self._url = f"/v2/datamarts/{datamart}/tables/{table}/{operation}"
        self._body = body

    def get_url(self):
        return self._url

    def get_method(self):
        return "POST"

    def get_headers(self):
        return {"Content-Type": "text/csv"}

    def get_data(self):
        return self._body


class Status(OpenAPIRequest):
    def __init__(self, request_id):
        self._url = f"/v2/requests/{request_id}/status"

    def get_url(self):
        return self._url

    def get_method(self):
        return "GET"


async def main(base, datamart, table, operation, body):
    set_config(Config(url=base, datamart_name=datamart, logger="__main__.Quiet"))
    adapter = UploaderAdapter()
    await adapter.init()
    taken = await adapter.send(Upload(datamart, table, operation, body))
    told = {"error": taken.error, "code": None}
    while taken.response is not None and not taken.error and told["code"] not in (3, 4, 5, 7):
        answer = await adapter.send(Status(taken.response.text))
        told.update(answer.response.json())
    await adapter.close()
    sys.stdout.write(json.dumps(told))


asyncio.run(main(*sys.argv[1:5], Path(sys.argv[5]).read_bytes()))
