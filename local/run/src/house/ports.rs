//! The three addresses of a house.
//!
//! With a data directory the ports are kept in it: the state names people by their issuer, and the
//! issuer is its address, so a house that moved would know nobody.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use standin::World;
use standin::door::Listening;
use tokio::net::TcpListener;

use super::Doors;

/// The first of the usual ports.
const USUAL: u16 = 8_470;
/// How often ports are tried again that a house had before, and how long between: a second in all.
const MOST_TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// The addresses, taken.
pub(super) struct Bound {
    pub(super) api: TcpListener,
    pub(super) issuer: TcpListener,
    pub(super) aws: Listening,
}

/// Why the addresses could not be had.
#[derive(Debug, thiserror::Error)]
pub enum NoDoor {
    /// Somebody else has one of them.
    #[error(
        "port {first}, {} or {} cannot be used ({source}); stop what holds it, or give another \
         with `--port`", first + 1, first + 2
    )]
    Taken {
        /// The first of the three.
        first: u16,
        /// What the operating system said.
        source: io::Error,
    },
    /// The ports that the state goes with cannot be had.
    #[error(
        "the state in `{dir}` goes with ports {ports:?}, and they cannot be used ({source}); stop \
         what holds them, or give another directory with `--data`"
    )]
    KeptTaken {
        /// The data directory.
        dir: PathBuf,
        /// The ports.
        ports: [u16; 3],
        /// What the operating system said.
        source: io::Error,
    },
    /// Other ports are wanted than the state goes with.
    #[error(
        "the state in `{dir}` goes with ports {ports:?}, because it names people by their issuer's \
         address; leave `--port` out, or give another directory with `--data`"
    )]
    Elsewhere {
        /// The data directory.
        dir: PathBuf,
        /// The ports.
        ports: [u16; 3],
    },
    /// What is kept of the ports is something else.
    #[error(
        "`{0}` does not hold the ports that the state goes with; put back what it was, or give \
         another directory with `--data`"
    )]
    Unreadable(PathBuf),
    /// No port could be had at all, or the file of the ports could not be used.
    #[error("no address could be had")]
    System(#[from] io::Error),
}

/// The ports of the API, the issuer and AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Ports([u16; 3]);

impl Ports {
    /// Any that are free.
    const FREE: Self = Self([0; 3]);

    fn from(first: u16) -> Self {
        Self([first, first.saturating_add(1), first.saturating_add(2)])
    }

    /// Takes ports that a house had before. One that has just fallen may still be letting go.
    async fn bind_again(self, world: &World) -> io::Result<Bound> {
        let mut tries = 0_u32;
        loop {
            match self.bind(world).await {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < MOST_TRIES => {
                    tries = tries.saturating_add(1);
                    tokio::time::sleep(BETWEEN_TRIES).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn bind(self, world: &World) -> io::Result<Bound> {
        let Self([api, issuer, aws]) = self;
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Bound {
            api: TcpListener::bind(at(api)).await?,
            issuer: TcpListener::bind(at(issuer)).await?,
            aws: world.listen(at(aws)).await?,
        })
    }
}

/// Takes the addresses.
pub(super) async fn bind(
    world: &World,
    doors: Doors,
    data_dir: Option<&Path>,
) -> Result<Bound, NoDoor> {
    let kept = data_dir.map(read).transpose()?.flatten();
    let wanted = match doors {
        Doors::InProcess => None,
        Doors::Loopback { first } => first,
    };
    if let (Some(dir), Some(kept)) = (data_dir, kept) {
        let (dir, ports) = (dir.to_owned(), kept.0);
        if wanted.is_some_and(|first| Ports::from(first) != kept) {
            return Err(NoDoor::Elsewhere { dir, ports });
        }
        let bound = kept.bind_again(world).await;
        return bound.map_err(|source| NoDoor::KeptTaken { dir, ports, source });
    }
    let bound = match (doors, wanted) {
        (Doors::InProcess, _) => Ports::FREE.bind(world).await?,
        (Doors::Loopback { .. }, Some(first)) => Ports::from(first)
            .bind(world)
            .await
            .map_err(|source| NoDoor::Taken { first, source })?,
        (Doors::Loopback { .. }, None) => match Ports::from(USUAL).bind(world).await {
            Ok(bound) => bound,
            Err(_) => Ports::FREE.bind(world).await?,
        },
    };
    if let Some(dir) = data_dir {
        keep(dir, &bound)?;
    }
    Ok(bound)
}

/// The address of a listener.
pub(super) fn url(listener: &TcpListener) -> Result<String, NoDoor> {
    Ok(format!("http://{}", listener.local_addr()?))
}

fn file(dir: &Path) -> PathBuf {
    dir.join("ports.json")
}

fn read(dir: &Path) -> Result<Option<Ports>, NoDoor> {
    let file = file(dir);
    match fs::read(&file) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| NoDoor::Unreadable(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn keep(dir: &Path, bound: &Bound) -> io::Result<()> {
    let ports = Ports([
        bound.api.local_addr()?.port(),
        bound.issuer.local_addr()?.port(),
        bound.aws.address().port(),
    ]);
    let fresh = dir.join("ports.json.new");
    fs::write(&fresh, serde_json::to_vec(&ports)?)?;
    fs::rename(fresh, file(dir))
}
