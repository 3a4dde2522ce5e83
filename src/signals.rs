//! Signals: the first one cancels the run.

use std::io;
use std::sync::Arc;
#[cfg(unix)]
use std::sync::LazyLock;

use sls_release::model::{Event, Listener};
use sls_release::report::Reporter;
use tokio::sync::watch;

/// Throws the switch at the first signal. Later signals change nothing, since putting back must not be cut short.
pub(crate) async fn cancel_at_signal(switch: watch::Sender<bool>, out: Arc<Reporter>) {
    loop {
        if let Err(error) = signal().await {
            out.hear(Event::Warning(format!("signals cannot be caught, so Ctrl-C would end this at once: {error}")));
            return std::future::pending().await; // dropping the switch would look like a signal
        }
        let again = switch.send_replace(true);
        let said = if again { "still stopping; what was changed is being put back" } else { "stopping" };
        out.hear(Event::Warning(said.to_owned()));
    }
}

#[cfg(unix)]
async fn signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    if started_by_nohup() {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        return Ok(());
    }
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {}, _ = hangup.recv() => {} }
    Ok(())
}

/// Returns whether SIGHUP, signal 1, was ignored from the start; false where the system does not tell.
///
/// <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>
#[cfg(unix)]
fn started_by_nohup() -> bool {
    static IGNORED: LazyLock<bool> = LazyLock::new(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
    });
    *IGNORED
}

#[cfg(not(unix))]
async fn signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
