"""Sends Client Subnet options that are malformed, then a good one. Arguments: port, name. Prints what each got."""

import sys

import dns.edns
import dns.message
import dns.query
import dns.rcode

port, name = int(sys.argv[1]), sys.argv[2]
ECS = dns.edns.OptionType.ECS


def ask(data, how):
    option = dns.edns.GenericOption(ECS, data) if isinstance(data, bytes) else data
    query = dns.message.make_query(name, "A", use_edns=0, options=[option])
    return how(query, "127.0.0.1", port=port, timeout=10)


MALFORMED = {
    "nothing": b"",
    "half a family": b"\x00",
    "no lengths": b"\x00\x01",
    "no scope": b"\x00\x01\x18",
    "no address": b"\x00\x01\x18\x00",
    "an octet too few": b"\x00\x01\x18\x00\xc0\x00",
    "an octet too many": b"\x00\x01\x18\x00\xc0\x00\x02\x00",
    "all octets, of which source wants fewer": b"\x00\x01\x18\x00\xc0\x00\x02\x01",
    "bits after source": b"\x00\x01\x17\x00\xc0\x00\x03",
    "source over 32": b"\x00\x01\x21\x00\xc0\x00\x02\x01\x00",
    "source of 255": b"\x00\x01\xff\x00" + b"\xc0" * 32,
    "source over 128": b"\x00\x02\x81\x00" + b"\x20" * 17,
    "IPv6 in 4 octets": b"\x00\x02\x40\x00\x20\x01\x0d\xb8",
    "a scope": b"\x00\x01\x18\x18\xc0\x00\x02",
    "an unknown family": b"\x00\x03\x18\x00\xc0\x00\x02",
    "family 0 with bits": b"\x00\x00\x18\x00\xc0\x00\x02",
    "family 0 with octets": b"\x00\x00\x00\x00\xc0",
    "zeros": b"\x00" * 64,
    "ones": b"\xff" * 64,
    "a thousand octets": b"\x00\x01\x18\x00" + b"\x01" * 1000,
}

for how in (dns.query.udp, dns.query.tcp):
    for what, data in MALFORMED.items():
        print(f"{what}: {dns.rcode.to_text(ask(data, how).rcode())}")

reply = ask(dns.edns.ECSOption("203.0.113.128", 28), dns.query.udp)
scopes = [option.scopelen for option in reply.options if option.otype == ECS]
addresses = [record.address for rrset in reply.answer for record in rrset]
print(f"good: {dns.rcode.to_text(reply.rcode())} {' '.join(addresses)} scope {scopes[0]}")
