//! Signals that do not come too early.

use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, kill_process};

pub use rustix::process::Signal;

/// How long a process may take until it listens.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends `signal` to `child` as soon as that listens for it.
///
/// Where the system does not tell who listens for what, it is sent at once.
///
/// # Panics
///
/// If the child has ended, or never listens.
#[track_caller]
pub fn send(child: &Child, signal: Signal) {
    let end = Instant::now() + PATIENCE;
    while listens(child, signal) == Some(false) {
        assert!(Instant::now() < end, "it never listened for {signal:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
    kill_process(Pid::from_child(child), signal).expect("it is our child and still there");
}

/// Says whether `child` has a handler for `signal`; `None` where nobody can tell.
///
/// Linux has a bit for each signal in the line `SigCgt` of `/proc/ID/status`, see
/// `proc_pid_status(5)`.
fn listens(child: &Child, signal: Signal) -> Option<bool> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
    let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
    Some(caught & (1 << (signal.as_raw() - 1)) != 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_signal_waits_until_somebody_listens() {
        let script = "sleep 0.3; trap 'exit 7' TERM; while true; do sleep 0.01; done";
        let mut child = Command::new("bash").args(["-c", script]).spawn().unwrap();
        send(&child, Signal::TERM);
        assert_eq!(child.wait().unwrap().code(), Some(7));
    }

    #[test]
    fn who_does_not_listen_is_known() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        if cfg!(target_os = "linux") {
            assert_eq!(listens(&child, Signal::TERM), Some(false));
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
    }
}
