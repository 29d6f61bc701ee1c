//! The door for other processes: plain HTTP on a loopback address.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{Incoming, MAX_BODY, Served, serve, too_large};
use crate::world::World;

/// A listener in service; dropping it lets nobody new in. Connections that are open are served on.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    task: JoinHandle<io::Result<()>>,
}

impl Listening {
    /// Where the listener is, with the port that the system chose for port 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to give as `AWS_ENDPOINT_URL` or `--endpoint-url`.
    #[must_use]
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl World {
    /// Serves the world on a loopback address; port 0 lets the system choose.
    ///
    /// # Errors
    /// `InvalidInput` for an address that is not loopback (the stand-in is for one machine), and
    /// whatever binding gives.
    pub async fn listen(&self, address: SocketAddr) -> io::Result<Listening> {
        if !address.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the stand-in listens on loopback addresses only",
            ));
        }
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(answer).with_state(self.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await });
        tracing::info!(%address, "the stand-in listens");
        Ok(Listening { address, task })
    }
}

async fn answer(State(world): State<World>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // An announced length is believed against the caller, so that nothing is read for nothing.
    let announced = usize::try_from(HttpBody::size_hint(&body).lower()).unwrap_or(usize::MAX);
    if announced > MAX_BODY {
        return too_large().map(Body::from);
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return too_large().map(Body::from);
    };
    let host = parts
        .headers
        .get(http::header::HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let incoming = Incoming {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        raw_query: parts.uri.query().unwrap_or_default().to_owned(),
        host,
        headers: parts.headers,
        body,
        secure: false,
    };
    match serve(&world, incoming).await {
        Served::Answer(response) => response.map(Body::from),
        // The connection is held; it ends when the caller gives up.
        Served::TimedOut => std::future::pending().await,
    }
}
