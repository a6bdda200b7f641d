//! The desktop's rtkit: a service on the system's D-Bus that gives threads real-time priority.

use std::time::Duration;

use dbus::blocking::Connection;
use dbus::blocking::stdintf::org_freedesktop_dbus::Properties;

use super::leash;

const NAME: &str = "org.freedesktop.RealtimeKit1";
const OBJECT: &str = "/org/freedesktop/RealtimeKit1";
/// How long it may take; it is started by D-Bus when it is first asked.
const PATIENCE: Duration = Duration::from_secs(5);
/// The lowest there is: below every audio thread of a server or of its clients, which have 5 and more.
const PRIORITY: u32 = 1;

/// Asks for the calling thread.
///
/// # Errors
/// Its reason, or why it cannot be asked. Nothing has changed then.
pub(super) fn promote() -> Result<(), String> {
    let told = |error: dbus::Error| error.message().unwrap_or("it does not answer").to_owned();
    let bus = Connection::new_system().map_err(told)?;
    let rtkit = bus.with_proxy(NAME, OBJECT, PATIENCE);
    let longest: i64 = rtkit.get(NAME, "RTTimeUSecMax").map_err(told)?;
    let longest = u64::try_from(longest).map_err(|_| "it allows no time at all".to_owned())?;
    let thread = own_number()?;
    // It promotes no thread of a process that is not on the leash.
    let before = leash::put_on(longest).map_err(|error| error.to_string())?;
    let asked = (thread, PRIORITY);
    let promoted: Result<(), _> = rtkit.method_call(NAME, "MakeThreadRealtime", asked);
    promoted.map_err(|error| {
        leash::take_off(before);
        told(error)
    })
}

/// What the system knows the calling thread by.
fn own_number() -> Result<u64, String> {
    // A link to PROCESS/task/THREAD.
    let own = std::fs::read_link("/proc/thread-self").map_err(|error| error.to_string())?;
    let number = own.file_name().and_then(|name| name.to_str()?.parse().ok());
    number.ok_or_else(|| "/proc does not tell the thread's number".to_owned())
}
