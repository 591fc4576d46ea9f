//! modfault-dns.
