//! Listening, and stopping without losing anything.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use web::App;

/// Where to listen.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address and port; port 0 lets the system choose.
    pub addr: SocketAddr,
}

/// Seconds that open requests have to finish after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Listens on `config.addr`, tells `ready` the address, and serves until `stop` is done; then lets open requests finish.
///
/// # Errors
/// When the address cannot be had, or the network fails.
pub async fn serve(
    config: Config,
    app: App,
    ready: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.addr).await?;
    ready(listener.local_addr()?);
    let (enough, stopping) = tokio::sync::watch::channel(false);
    let working = tokio::spawn(crate::tasks::keep_working(app.clone(), stopping));
    let (said, mut heard) = tokio::sync::watch::channel(false);
    let service = crate::routes::router(&app).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(async move {
        stop.await;
        // Nobody listens any more only when the server is already down.
        let _ = said.send(true);
    });
    let late = async move {
        // An error means that the sender is gone: the server ended by itself.
        if heard.wait_for(|s| *s).await.is_ok() {
            tokio::time::sleep(GRACE).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        ended = served => ended?,
        () = late => tracing::warn!("some requests did not end in time and were broken off"),
    }
    // Nobody listens any more only when the work has ended by itself.
    let _ = enough.send(true);
    working.await?;
    Ok(())
}

/// Done when the terminal or the system asks to stop.
pub async fn stop_signal() {
    #[cfg(unix)]
    let asked = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let asked = std::future::pending::<Option<()>>();
    tokio::select! {
        // An error here means that the terminal cannot ask; the system still can.
        Ok(()) = tokio::signal::ctrl_c() => {}
        _ = asked => {}
    }
}
