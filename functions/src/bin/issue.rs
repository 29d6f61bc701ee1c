//! The Lambda function `issue`.

use std::process::ExitCode;

use functions::{issue, start};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start::log();
    start::ended(Box::pin(serve()).await)
}

async fn serve() -> Result<(), start::NotStarted> {
    let deployment = start::Deployment::from_env().await?;
    start::serve(issue::router(deployment.issue().await?)).await
}
