"""A time-stamp authority (RFC 3161) on loopback, for tests: answers, keeps silent, or refuses. cryptography and pyasn1 do the work."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyasn1.codec.der import decoder, encoder
from pyasn1.type import tag, univ, useful
from pyasn1_modules import rfc2459, rfc3161, rfc5652

SHA256 = rfc2459.AlgorithmIdentifier()
SHA256["algorithm"] = univ.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
ECDSA_SHA256 = univ.ObjectIdentifier("1.2.840.10045.4.3.2")
TST_INFO = univ.ObjectIdentifier("1.2.840.113549.1.9.16.1.4")
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2 = (univ.ObjectIdentifier(f"1.2.840.113549.1.9.{n}") for n in (
    "3", "4", "16.2.47"))


class Authority:
    """Signs tokens with a certificate of its own."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test time-stamps")])
        start = datetime.now(UTC) - timedelta(hours=1)
        self.certificate = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + timedelta(days=30))
            .add_extension(x509.BasicConstraints(False, None), True)
            .add_extension(x509.KeyUsage(True, False, False, False, False, False, False, False, False), True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False)
            .sign(self.key, hashes.SHA256()))

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def answer(self, request: bytes) -> bytes:
        """Return a TimeStampResp for a TimeStampReq."""
        asked, _ = decoder.decode(request, asn1Spec=rfc3161.TimeStampReq())
        info = self._info(asked)
        answer = rfc3161.TimeStampResp()
        answer["status"]["status"] = 0
        answer["timeStampToken"] = self._token(info)
        return encoder.encode(answer)

    def _info(self, asked: rfc3161.TimeStampReq) -> bytes:
        info = rfc3161.TSTInfo()
        info["version"] = 1
        info["policy"] = univ.ObjectIdentifier("1.2.3.4.1")
        info["messageImprint"] = asked["messageImprint"]
        info["serialNumber"] = 7
        info["genTime"] = useful.GeneralizedTime(datetime.now(UTC).strftime("%Y%m%d%H%M%SZ"))
        if asked["nonce"].isValue:
            info["nonce"] = int(asked["nonce"])
        return encoder.encode(info)

    def _token(self, info: bytes) -> rfc5652.ContentInfo:
        certificate, _ = decoder.decode(self.der, asn1Spec=rfc2459.Certificate())
        signed = rfc5652.SignedData()
        signed["version"] = 3
        signed["digestAlgorithms"].append(SHA256)
        signed["encapContentInfo"]["eContentType"] = TST_INFO
        signed["encapContentInfo"]["eContent"] = univ.OctetString(info).subtype(
            explicitTag=tag.Tag(tag.tagClassContext, tag.tagFormatSimple, 0))
        choice = rfc5652.CertificateChoices()
        choice["certificate"] = certificate
        signed["certificates"].append(choice)
        signed["signerInfos"].append(self._signer(info, certificate))
        content = rfc5652.ContentInfo()
        content["contentType"] = rfc5652.id_signedData
        content["content"] = univ.Any(encoder.encode(signed)).subtype(
            explicitTag=tag.Tag(tag.tagClassContext, tag.tagFormatSimple, 0))
        return content

    def _signer(self, info: bytes, certificate: rfc2459.Certificate) -> rfc5652.SignerInfo:
        signer = rfc5652.SignerInfo()
        signer["version"] = 1
        signer["sid"]["issuerAndSerialNumber"]["issuer"] = certificate["tbsCertificate"]["issuer"]
        signer["sid"]["issuerAndSerialNumber"]["serialNumber"] = certificate["tbsCertificate"]["serialNumber"]
        signer["digestAlgorithm"] = SHA256
        cert_hash = univ.Sequence().setComponentByPosition(0, univ.OctetString(hashlib.sha256(self.der).digest()))
        certs = univ.Sequence().setComponentByPosition(0, univ.Sequence().setComponentByPosition(0, cert_hash))
        values = ((CONTENT_TYPE, TST_INFO), (MESSAGE_DIGEST, univ.OctetString(hashlib.sha256(info).digest())),
                  (SIGNING_CERTIFICATE_V2, certs))
        for i, (kind, value) in enumerate(values):
            attribute = rfc5652.Attribute()
            attribute["attrType"] = kind
            attribute["attrValues"].append(univ.Any(encoder.encode(value)))
            signer["signedAttrs"].setComponentByPosition(i, attribute)
        plain = univ.SetOf(componentType=rfc5652.Attribute())
        for i in range(len(values)):
            plain.setComponentByPosition(i, signer["signedAttrs"][i])
        signer["signatureAlgorithm"]["algorithm"] = ECDSA_SHA256
        signer["signature"] = self.key.sign(encoder.encode(plain), ec.ECDSA(hashes.SHA256()))
        return signer


@contextmanager
def listening(reply: "bytes | Authority | None") -> Iterator[tuple[str, list[str]]]:
    """Serve on a free loopback port: an authority's answers, always the same bytes as a 500, or nothing at all (None).

    Yields the URL and the list of the requests that came.
    """
    seen: list[str] = []
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            seen.append(f"{self.command} {self.path}")
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if reply is None:
                closing.wait(20)
                return
            data = reply.answer(body) if isinstance(reply, Authority) else reply
            self.send_response(200 if isinstance(reply, Authority) else 500)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET = do_HEAD = _answer

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
