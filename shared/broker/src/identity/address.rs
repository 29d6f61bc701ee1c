//! Where keys may be fetched from.
//!
//! The address of the keys comes from a document that somebody else wrote. A function in AWS sits
//! beside addresses that hand out credentials to whoever asks from there, so link-local and other
//! addresses that no identity provider has are refused twice: in the address, and again after the
//! name was resolved. Private networks are allowed, because providers do stand in them.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// An address that nothing is fetched from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// It cannot be read as an address.
    #[error("it is not an address")]
    Malformed,
    /// Its scheme is not `https`; `http` is for loopback in the local run.
    #[error("it is not https")]
    NotHttps,
    /// It holds a user name or a password.
    #[error("it holds a user name or password")]
    Credentials,
    /// It has a fragment, or a query where none may be.
    #[error("it has a query or fragment")]
    Tail,
    /// Its host is a link-local, loopback, multicast or unspecified address.
    #[error("its host is link-local, loopback, multicast or unspecified")]
    Host,
}

/// Which hosts may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// `https` only, and no loopback.
    Deployed,
    /// Loopback too, with or without TLS.
    Local,
}

impl Reach {
    /// Of a deployment, or of a local run that says so.
    pub(crate) fn of(allow_loopback_http: bool) -> Self {
        match allow_loopback_http {
            true => Self::Local,
            false => Self::Deployed,
        }
    }

    /// Reads the address of a document.
    pub(crate) fn document(self, text: &str) -> Result<Url, BadAddress> {
        let url = Url::parse(text).map_err(|_| BadAddress::Malformed)?;
        self.judge(&url)?;
        Ok(url)
    }

    /// Judges the address of a document.
    pub(crate) fn judge(self, url: &Url) -> Result<(), BadAddress> {
        let host = url.host().ok_or(BadAddress::Malformed)?;
        let plain = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(BadAddress::NotHttps),
        };
        if plain && !(self == Self::Local && is_loopback(&host)) {
            return Err(BadAddress::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadAddress::Credentials);
        }
        if url.fragment().is_some() {
            return Err(BadAddress::Tail);
        }
        let ip = match host {
            Host::Ipv4(ip) => IpAddr::from(ip),
            Host::Ipv6(ip) => IpAddr::from(ip),
            Host::Domain(_) => return Ok(()),
        };
        if self.admits(ip) {
            Ok(())
        } else {
            Err(BadAddress::Host)
        }
    }

    fn admits(self, ip: IpAddr) -> bool {
        // An IPv4 address in IPv6 clothes is judged as what it is.
        let ip = ip.to_canonical();
        if ip.is_loopback() {
            return self == Self::Local;
        }
        let special = match ip {
            IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
            IpAddr::V6(ip) => ip.is_unicast_link_local() || is_of_ec2(ip),
        };
        !(special || ip.is_multicast() || ip.is_unspecified())
    }
}

/// Whether it is in `fd00:ec2::/32`, where EC2 offers instance metadata over IPv6.
fn is_of_ec2(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    (first, second) == (0xfd00, 0x0ec2)
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
        Host::Domain(name) => *name == "localhost",
    }
}

/// Resolves names as the machine does and leaves out the addresses that may not be asked.
#[derive(Debug)]
pub(super) struct Resolver(pub(super) Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0))
                .await?
                .filter(|address| reach.admits(address.ip()))
                .collect();
            if found.is_empty() {
                let refused = io::Error::other("the name leads to no address that may be asked");
                return Err(refused.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployed_function_asks_https_and_nothing_of_its_own_link() {
        for (address, expected) in [
            ("https://login.example.com/keys?v=1", Ok(())),
            ("https://10.0.3.7/keys", Ok(())),
            ("http://login.example.com/keys", Err(BadAddress::NotHttps)),
            ("http://127.0.0.1:8080/keys", Err(BadAddress::NotHttps)),
            ("http://localhost/keys", Err(BadAddress::NotHttps)),
            ("ftp://login.example.com/keys", Err(BadAddress::NotHttps)),
            ("file:///etc/passwd", Err(BadAddress::Malformed)),
            ("data:application/json,{}", Err(BadAddress::Malformed)),
            ("keys", Err(BadAddress::Malformed)),
            ("", Err(BadAddress::Malformed)),
            ("https://a@login.example.com/", Err(BadAddress::Credentials)),
            (
                "https://:b@login.example.com/",
                Err(BadAddress::Credentials),
            ),
            ("https://login.example.com/#a", Err(BadAddress::Tail)),
            ("https://127.0.0.1/keys", Err(BadAddress::Host)),
            ("https://[::1]/keys", Err(BadAddress::Host)),
            ("https://0.0.0.0/keys", Err(BadAddress::Host)),
            ("https://[::]/keys", Err(BadAddress::Host)),
            ("https://224.0.0.1/keys", Err(BadAddress::Host)),
            ("https://169.254.169.254/latest", Err(BadAddress::Host)),
            ("https://169.254.170.2/v2", Err(BadAddress::Host)),
            ("https://2852039166/latest", Err(BadAddress::Host)),
            ("https://0xa9.0xfe.0xa9.0xfe/latest", Err(BadAddress::Host)),
            ("https://[::ffff:169.254.169.254]/", Err(BadAddress::Host)),
            ("https://[::ffff:127.0.0.1]/", Err(BadAddress::Host)),
            ("https://[fe80::1]/", Err(BadAddress::Host)),
            ("https://[fd00:ec2::254]/latest", Err(BadAddress::Host)),
        ] {
            assert_eq!(
                Reach::Deployed.document(address).map(|_| ()),
                expected,
                "{address}"
            );
        }
    }

    #[test]
    fn the_local_run_asks_loopback_too_and_nothing_else_without_tls() {
        for (address, expected) in [
            ("http://127.0.0.1:8080/keys", Ok(())),
            ("http://[::1]:8080/keys", Ok(())),
            ("http://localhost:8080/keys", Ok(())),
            ("https://127.0.0.1/keys", Ok(())),
            ("http://localhost.example.com/", Err(BadAddress::NotHttps)),
            ("http://10.0.0.1/", Err(BadAddress::NotHttps)),
            ("http://169.254.169.254/latest", Err(BadAddress::NotHttps)),
            ("https://169.254.169.254/latest", Err(BadAddress::Host)),
        ] {
            assert_eq!(
                Reach::Local.document(address).map(|_| ()),
                expected,
                "{address}"
            );
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_an_address_that_may_not_be_asked_is_not_resolved() {
        let resolve = |reach| Resolver(reach).resolve("localhost".parse().unwrap());
        assert!(resolve(Reach::Deployed).await.is_err());
        assert!(
            resolve(Reach::Local)
                .await
                .is_ok_and(|mut found| found.next().is_some())
        );
    }
}
