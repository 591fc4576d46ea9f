//! modfault-report.
