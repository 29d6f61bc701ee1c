//! The Lambda function `doctor`.

use std::process::ExitCode;

use functions::{doctor, start};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start::log();
    start::ended(Box::pin(serve()).await)
}

async fn serve() -> Result<(), start::NotStarted> {
    let deployment = start::Deployment::from_env().await?;
    lambda_runtime::run(doctor::behind(deployment.doctor().await?))
        .await
        .map_err(start::NotStarted::Runtime)
}
