//! A provider that hangs. Everything else about the keyring is tested on the wire, in
//! `tests/identity`; here the patience can be shortened.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::json;

use super::super::address::Reach;
use super::super::algorithm::Algorithm;
use super::super::key::tests::p256;
use super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Answers,
    /// Takes the request and says nothing.
    Hangs,
    /// Sends a byte now and then, so that it is never idle.
    Trickles,
}

struct Slow {
    provider: Provider,
    manner: Arc<Mutex<Manner>>,
    asked: Arc<AtomicUsize>,
}

/// A provider of key `k1`, asked with a patience of 150 ms.
fn slow(manner: Manner) -> Slow {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let manner = Arc::new(Mutex::new(manner));
    let asked = Arc::new(AtomicUsize::new(0));
    let keys = json!({"keys": [p256("k1")]}).to_string();
    let (shown, count) = (Arc::clone(&manner), Arc::clone(&asked));
    thread::spawn(move || {
        for stream in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            let (keys, manner) = (keys.clone(), *shown.lock().unwrap());
            thread::spawn(move || serve(stream.unwrap(), manner, &keys));
        }
    });
    let mut provider = Provider::new(
        base.parse().unwrap(),
        Some(format!("{base}/keys").parse().unwrap()),
        vec![Algorithm::Es256],
        Reach::Local,
    )
    .unwrap();
    provider.patience = Duration::from_millis(150);
    Slow {
        provider,
        manner,
        asked,
    }
}

fn serve(mut stream: TcpStream, manner: Manner, keys: &str) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
        request.extend_from_slice(&byte);
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        keys.len()
    );
    match manner {
        Manner::Answers => drop(stream.write_all(format!("{head}{keys}").as_bytes())),
        // Returns when the other side has given up.
        Manner::Hangs => drop(stream.read(&mut byte)),
        Manner::Trickles => {
            let mut sent = stream.write_all(head.as_bytes());
            for byte in keys.as_bytes() {
                if sent.is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(20));
                sent = stream.write_all(&[*byte]);
            }
        }
    }
}

/// A keyring with a clock that shows what is stored here.
fn ring(provider: Provider) -> (Arc<Keyring>, Arc<AtomicI64>) {
    let shown = Arc::new(AtomicI64::new(1_795_600_000_000));
    let read = Arc::clone(&shown);
    let clock = Clock::from_fn(Arc::new(move || {
        Moment::from_millis(read.load(Ordering::SeqCst))
    }));
    (Arc::new(Keyring::new(provider, clock)), shown)
}

#[tokio::test]
async fn a_provider_that_never_finishes_is_given_up() {
    for manner in [Manner::Hangs, Manner::Trickles] {
        let slow = slow(manner);
        let (ring, _) = ring(slow.provider);
        let begun = Instant::now();
        assert_eq!(
            ring.keys(Some("k1")).await.err(),
            Some(NoKey::Unavailable {
                cause: KeysFault::TooLate,
                retry_after: RETRY,
            }),
            "{manner:?}"
        );
        assert!(begun.elapsed() < Duration::from_secs(2), "{manner:?}");
        assert_eq!(slow.asked.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn known_keys_verify_while_the_provider_hangs_and_are_waited_for_once() {
    let slow = slow(Manner::Answers);
    let (ring, shown) = ring(slow.provider);
    assert!(ring.keys(Some("k1")).await.is_ok());
    *slow.manner.lock().unwrap() = Manner::Hangs;
    let fresh_for = i64::try_from(FRESH_FOR.as_millis()).unwrap();
    shown.fetch_add(fresh_for, Ordering::SeqCst);
    let begun = Instant::now();
    for _ in 0..100 {
        assert!(ring.keys(Some("k1")).await.is_ok());
    }
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(slow.asked.load(Ordering::SeqCst), 2);
    assert_eq!(
        ring.keys(Some("k2")).await.err(),
        Some(NoKey::Unavailable {
            cause: KeysFault::TooLate,
            retry_after: COOLDOWN,
        })
    );
}
