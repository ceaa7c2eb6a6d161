"""Which session descriptions pjsip may see."""

from __future__ import annotations

import pytest
from elsipo.engine.sdp_check import is_sound

OFFER = (
    "v=0\r\no=- 3 3 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
)
MEDIA = "m=audio 40000 RTP/AVP 0 101\r\n"
CONNECTION = "c=IN IP4 127.0.0.1\r\n"


@pytest.mark.parametrize(
    "text",
    [
        OFFER,
        OFFER.replace("\r\n", "\n"),
        OFFER.replace("s=-", "s="),
        OFFER.replace("s=-", "s=A call\r\ni=of ours\r\nb=AS:84"),
        OFFER.replace(CONNECTION, "").replace(MEDIA, MEDIA + CONNECTION),
        OFFER.replace("IN IP4 127.0.0.1", "IN IP6 ::1"),
        OFFER.replace(MEDIA, "m=audio 0 RTP/AVP 0 101\r\n"),
        OFFER + "m=video 0 RTP/AVP 96\r\n",
        OFFER + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
        OFFER + "a=rtcp:40001 IN IP4 127.0.0.1\r\na=candidate:1 1 UDP 2130706431 127.0.0.1 40000 typ host\r\n",
        OFFER.replace("sendrecv", "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc"),
        OFFER.replace(MEDIA, "m=audio 40000/2 RTP/SAVPF 0 101\r\n"),
    ],
)
def test_what_telephones_send_is_sound(text: str) -> None:
    assert is_sound(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "v=0",
        OFFER.replace("v=0", "v=1"),
        OFFER.replace("o=- 3 3 IN IP4 127.0.0.1\r\n", ""),
        OFFER.replace("t=0 0\r\n", ""),
        OFFER.replace(CONNECTION, ""),
        OFFER.replace(CONNECTION, "").replace(MEDIA, "m=audio 0 RTP/AVP 0\r\n"),
        OFFER.replace(CONNECTION, CONNECTION * 2),
        OFFER.replace(MEDIA, ""),
        OFFER.replace(MEDIA, "m=audio 70000 RTP/AVP 0\r\n"),
        OFFER.replace(MEDIA, "m=audio 40000 RTP/AVP\r\n"),
        OFFER.replace(MEDIA, "m=audio 40000 RTP/AVP 128\r\n"),
        OFFER.replace(MEDIA, "m=audio 40000 RTP/AVP 0 0\r\n"),
        OFFER.replace(MEDIA, "m=audio 40000 RTP/AVP x\r\n"),
        OFFER + MEDIA * 8,
        OFFER.replace("PCMU/8000", "PCMU/0"),
        OFFER.replace("PCMU/8000", ""),
        OFFER + "a=rtpmap:0 PCMU/8000\r\n",
        OFFER + "a=ptime:0\r\n",
        OFFER + "a=rtcp:\r\n",
        OFFER + "a=x\r\n" * 70,
        OFFER + "a=" + "x" * 9_000,
        OFFER + "\r\nm=\r\n",
        OFFER + "no line at all\r\n",
    ],
)
def test_what_could_end_the_process_is_not(text: str) -> None:
    assert not is_sound(text)
