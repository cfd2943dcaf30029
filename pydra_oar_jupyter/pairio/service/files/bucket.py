"""Files of jobs in a bucket of S3, or of another server that speaks its protocol.

Credentials, region and endpoint are boto3's own affair: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3, or its files and roles.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.service.errors import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterator

    from pydra_oar_jupyter.pairio.service.files.names import Place

_log = logging.getLogger(__name__)
_PART = 8 << 20  # bytes of one part of an upload; S3 takes 5 MiB to 5 GiB
_MOST_PARTS = 9_000  # S3 takes 10,000
_FOR = 3600  # seconds for which a URL to download from is good
_UNAVAILABLE = 503
_MISSING = ("404", "NoSuchKey", "NotFound")


class Bucket:
    """Each file by its key, behind a prefix.

    Args:
        name: the bucket's.
        prefix: what the keys begin with, or "".

    Raises:
        PairioError: boto3 is missing, or the bucket can't be used.
    """

    def __init__(self, name: str, prefix: str = "") -> None:
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError:
            raise PairioError(
                'Files in a bucket need boto3: pip install "pydra-oar-jupyter[s3]".'
            ) from None
        # Not all servers know the newer checksums.
        config = Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"mode": "standard", "max_attempts": 5},
            max_pool_connections=40,
        )
        self._name = name
        self._prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
        self._refused, self._errors = ClientError, (BotoCoreError, ClientError)
        try:
            self._s3 = boto3.client("s3", config=config)
            self._s3.head_bucket(Bucket=name)
        except (BotoCoreError, ClientError, ValueError) as error:
            raise PairioError(f"The bucket {name!r} can't be used: {error}") from None
        where = urlsplit(self._presigned("get_object", "origin", {}))
        self.origin = f"{where.scheme}://{where.netloc}"

    async def write(self, place: Place, chunks: AsyncIterable[bytes], size: int) -> None:
        """Take in a file; see `Store.write`. It goes on to the bucket in parts as it comes."""
        where = {"Bucket": self._name, "Key": self._key(place)}
        part, block = max(_PART, size // _MOST_PARTS), bytearray()
        upload = _Parts(self._s3, where)
        with self._asking():
            try:
                async for chunk in chunks:
                    block += chunk
                    if len(block) >= part:
                        await asyncio.to_thread(upload.add, bytes(block))
                        block.clear()
                await asyncio.to_thread(upload.finish, bytes(block))
            except BaseException:
                await asyncio.to_thread(upload.abort)
                raise

    async def read(self, place: Place, most: int, *, end: bool = False) -> tuple[bytes, int] | None:
        """The file's beginning or end; see `Store.read`."""

        def part() -> tuple[bytes, int] | None:
            key = self._key(place)
            size = self._size(key)
            if not size:
                return None if size is None else (b"", 0)
            first = max(0, size - most) if end else 0
            span = f"bytes={first}-{min(first + most, size) - 1}"
            answer = self._s3.get_object(Bucket=self._name, Key=key, Range=span)
            return answer["Body"].read(), size

        with self._asking():
            return await asyncio.to_thread(part)

    async def open(self, place: Place, *, head: bool, headers: dict[str, str]) -> str | None:
        """A URL that hands out the file for an hour; see `Store.open`."""

        def url() -> str | None:
            key = self._key(place)
            if self._size(key) is None:
                return None
            if head:
                return self._presigned("head_object", key, {})
            answer = {f"Response{name.replace('-', '')}": text for name, text in headers.items()}
            return self._presigned("get_object", key, answer)

        with self._asking():
            return await asyncio.to_thread(url)

    async def remove(self, service: str, job: str) -> None:
        """Remove all files of a job; see `Store.remove`."""

        def clear() -> None:
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._name, Prefix=f"{self._prefix}{service}/{job}/"
            )
            for page in pages:
                for one in page.get("Contents", []):
                    self._s3.delete_object(Bucket=self._name, Key=one["Key"])

        with self._asking():
            await asyncio.to_thread(clear)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            _log.warning("The bucket %r: %s", self._name, error)
            raise Refused(_UNAVAILABLE, "The store of files can't be reached: try again.") from None

    def _key(self, place: Place) -> str:
        return self._prefix + place.key

    def _size(self, key: str) -> int | None:
        """In bytes; None if there is no such file."""
        try:
            return self._s3.head_object(Bucket=self._name, Key=key)["ContentLength"]
        except self._refused as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                return None
            raise

    def _presigned(self, method: str, key: str, more: dict[str, str]) -> str:
        params = {"Bucket": self._name, "Key": key, **more}
        return str(self._s3.generate_presigned_url(method, Params=params, ExpiresIn=_FOR))


class _Parts:
    """One upload: nothing of it is seen in the bucket before it is finished."""

    def __init__(self, s3: Any, where: dict[str, str]) -> None:
        self._s3 = s3
        self._where = where
        self._id: str | None = None
        self._tags: list[dict[str, Any]] = []

    def add(self, block: bytes) -> None:
        """Send a part of at least 5 MiB."""
        if self._id is None:
            self._id = self._s3.create_multipart_upload(**self._where)["UploadId"]
        self._send(block)

    def finish(self, block: bytes) -> None:
        """Send the last part, of any size, and let the whole be seen."""
        if self._id is None:
            self._s3.put_object(**self._where, Body=block)
            return
        if block:
            self._send(block)
        self._s3.complete_multipart_upload(
            **self._where, UploadId=self._id, MultipartUpload={"Parts": self._tags}
        )

    def abort(self) -> None:
        """Forget what was sent."""
        if self._id is not None:
            self._s3.abort_multipart_upload(**self._where, UploadId=self._id)

    def _send(self, block: bytes) -> None:
        number = len(self._tags) + 1
        answer = self._s3.upload_part(
            **self._where, UploadId=self._id, PartNumber=number, Body=block
        )
        self._tags.append({"PartNumber": number, "ETag": answer["ETag"]})
