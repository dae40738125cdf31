//! A bar that shows itself once the work has lasted a while.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::context::Context;

/// How long work takes before its progress is shown.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// How often the progress is drawn.
const TICK: Duration = Duration::from_millis(100);

/// A bar for `total` pieces of work, on a terminal; elsewhere it stays hidden.
pub(crate) fn progress_bar(cx: &Context, total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::hidden());
    // The blanks at the end are for the `^C` that the terminal writes itself.
    let style = ProgressStyle::with_template("{spinner} {pos}/{len} {wide_msg} {elapsed}   ");
    bar.set_style(style.expect("the template is a constant that parses"));
    if cx.term.stderr && !cx.global.json {
        let shown = bar.clone();
        tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            if !shown.is_finished() {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(TICK);
            }
        });
    }
    bar
}
