//! The Lambda function `sweeper`, which a schedule wakes every minute.

use std::process::ExitCode;

use functions::{start, sweep};
use lambda_runtime::service_fn;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start::log();
    start::ended(Box::pin(serve()).await)
}

async fn serve() -> Result<(), start::NotStarted> {
    let (sweeper, clock, metrics) = start::sweeper().await?;
    lambda_runtime::run(service_fn(|event| {
        sweep::handle(&sweeper, event, &clock, &metrics)
    }))
    .await
    .map_err(start::NotStarted::Runtime)
}
