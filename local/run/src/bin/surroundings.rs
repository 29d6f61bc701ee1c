//! `surroundings`: what stands around a deployment on an emulator of AWS, on loopback.
//!
//! It tells where it listens in its first line, takes orders as lines of JSON on its standard input,
//! answers each with one line, and ends when its input does: it cannot outlive whoever started it.

use std::error::Error;
use std::io::{self, BufRead as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use broker::clock::Clock;
use postern_local::issuer::{AUDIENCE, Issuer};
use postern_local::surroundings::{carry_out, world};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let world = world()?;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let aws = world.listen(any).await?;
    let issuer = Issuer::open(TcpListener::bind(any).await?, None, Clock::system())?;
    let admin = world.admin_keys();
    say(&json!({
        "aws": aws.endpoint_url(),
        "issuer": issuer.url(),
        "audience": AUDIENCE,
        "admin": [admin.access_key_id, admin.secret_access_key],
    }))?;
    let world = Arc::new(world);
    let orders = tokio::task::spawn_blocking(move || {
        for line in io::stdin().lock().lines() {
            let answer = carry_out(&world, &line?);
            say(&answer.unwrap_or_else(|fault| json!({"fault": fault.to_string()})))?;
        }
        Ok::<(), io::Error>(())
    });
    orders.await??;
    Ok(())
}

fn say(line: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
