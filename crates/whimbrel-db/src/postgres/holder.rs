//! Puts into words who holds what another waits for.

/// What is asked of a session, `a` being its row.
pub(super) const COLUMNS: &str = "a.pid, a.usename, a.state, \
     extract(epoch FROM clock_timestamp() - a.state_change)::bigint, \
     left(regexp_replace(a.query, '\\s+', ' ', 'g'), 120) FROM pg_stat_activity a";

/// Describes a session by the columns that were asked, those that we may not
/// see being absent.
pub(super) fn describe<'a>(column: impl Fn(usize) -> Option<&'a str>) -> String {
    let mut holder = format!("session {}", column(0).unwrap_or_default());
    if let Some(user) = column(1) {
        holder.push_str(&format!(" of `{user}`"));
    }
    if let (Some(state), Some(seconds)) = (column(2), column(3)) {
        holder.push_str(&format!(", {state} for {seconds} s"));
    }
    if let Some(query) = column(4).filter(|query| !query.is_empty()) {
        holder.push_str(&format!(": `{query}`"));
    }
    holder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_left_out() {
        let all = ["7", "ann", "idle in transaction", "35", "UPDATE users SET a = 1"];
        assert_eq!(
            describe(|at| all.get(at).copied()),
            "session 7 of `ann`, idle in transaction for 35 s: `UPDATE users SET a = 1`"
        );
        assert_eq!(describe(|at| all[..1].get(at).copied()), "session 7");
    }
}
