//! What runs scenarios as a set, whoever asks for it: the command line or a test harness.
