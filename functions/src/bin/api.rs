//! The Lambda function `api`.

use std::process::ExitCode;

use functions::{api, start};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start::log();
    start::ended(Box::pin(serve()).await)
}

async fn serve() -> Result<(), start::NotStarted> {
    let deployment = start::Deployment::from_env().await?;
    start::serve(api::router(deployment.api().await?)).await
}
