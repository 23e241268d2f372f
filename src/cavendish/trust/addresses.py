"""Which network addresses a stranger may make us talk to: public unicast ones only, by our own list.

`ipaddress.is_global` of Python 3.11 says yes to 192.0.0.192, 224.0.0.1, NAT64 and 6to4 forms of private addresses, so it is
not asked. Sources: IANA's special-purpose address registries for IPv4 and IPv6 (RFC 6890 and its updates), read 2026-11.
"""

import ipaddress

_REFUSED_V4 = tuple(map(ipaddress.IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "168.63.129.16/32",  # public by number, but a cloud's own control service (Azure)
)))
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")  # the only global unicast space handed out so far
_REFUSED_V6 = tuple(map(ipaddress.IPv6Network, (
    "2001::/23",      # protocol assignments; Teredo, ORCHID and benchmarking among them
    "2001:db8::/32", "2002::/16",  # documentation; 6to4 carries any IPv4 address
    "2620:4f:8000::/48", "3fff::/20",
)))
_CARRIERS = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))  # IPv4-mapped; NAT64 (RFC 6052)


def is_public(address: str) -> bool:
    """Whether an address, as a resolver wrote it, is an ordinary public one.

    An IPv4 address inside an IPv6 one (mapped, NAT64) is judged itself; 6to4, Teredo and IPv4-compatible forms are refused.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return not any(found in network for network in _REFUSED_V4)
    if found.scope_id is not None:
        return False
    if any(found in network for network in _CARRIERS):
        return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    return found in _PUBLIC_V6 and not any(found in network for network in _REFUSED_V6)
