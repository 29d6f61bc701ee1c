//! The Lambda function `chatops`.

use std::process::ExitCode;

use functions::start;
use lambda_runtime::service_fn;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start::log();
    start::ended(Box::pin(serve()).await)
}

async fn serve() -> Result<(), start::NotStarted> {
    let deployment = start::Deployment::from_env().await?;
    let chatops = deployment.chatops().await?;
    lambda_runtime::run(service_fn(|event| chatops.handle(event)))
        .await
        .map_err(start::NotStarted::Runtime)
}
