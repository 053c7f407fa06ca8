"""Changes a zone with dnspython. Arguments: port, zone, key, secret, case. Prints what it got."""

import sys
import time

import dns.edns
import dns.message
import dns.query
import dns.rcode
import dns.tsig
import dns.tsigkeyring
import dns.update
import dns.zone

port, zone, key, secret, case = int(sys.argv[1]), *sys.argv[2:6]
keyring = dns.tsigkeyring.from_text({key: secret})


def update(algorithm=dns.tsig.HMAC_SHA256):
    return dns.update.UpdateMessage(zone, keyring=keyring, keyname=key, keyalgorithm=algorithm)


def send(message, how=dns.query.udp):
    reply = how(message, "127.0.0.1", port=port, timeout=10)
    texts = [o.text for o in reply.options if o.otype == dns.edns.EDE]
    print(" ".join([dns.rcode.to_text(reply.rcode()), "signed" if reply.had_tsig else "unsigned", *texts]))


def add_replace_delete():
    message = update()
    message.add("new", 60, "A", "192.0.2.9")
    message.replace("www", 60, "A", "192.0.2.77")
    message.delete("old", "TXT", "old")
    send(message)


def prerequisites():
    for require in (
        lambda m: m.present("old"),
        lambda m: m.present("old", "A"),
        lambda m: m.present("old", "A", "192.0.2.7"),
        lambda m: m.absent("nobody"),
        lambda m: m.absent("old", "AAAA"),
        lambda m: m.absent("old"),
        lambda m: m.absent("old", "A"),
        lambda m: m.present("nobody"),
        lambda m: m.present("old", "A", "192.0.2.8"),
    ):
        message = update()
        require(message)
        send(message, dns.query.tcp)


def refused():
    message = update()
    message.use_edns(0)
    message.add("www.sub", 60, "MX", "10 www")
    send(message)


def clock_behind():
    now = time.time
    message = update()
    message.add("late", 60, "A", "192.0.2.9")
    try:
        time.time = lambda: now() - 1000
        send(message)
    except dns.tsig.PeerBadTime as error:
        print("BADTIME", error)
    finally:
        time.time = now


def transfer():
    """With RD set, as dnspython's users do."""
    query = dns.message.make_query(zone, "AXFR")
    query.use_tsig(keyring, keyname=key)
    found = dns.zone.Zone(zone)
    dns.query.inbound_xfr("127.0.0.1", found, query, port=port, timeout=10)
    print(found.to_text(relativize=True))


{"change": add_replace_delete, "prerequisites": prerequisites, "refused": refused,
 "clock": clock_behind, "transfer": transfer}[case]()
