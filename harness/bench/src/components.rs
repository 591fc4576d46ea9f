//! How long a world with a real program in it takes to make and to take down.

use std::error::Error;

use modfault_run::run_phase;
use modfault_scenario::Phase;

use crate::setting::Setting;
use crate::statistics::{milliseconds, quantile};

const ROUNDS: usize = 60;

/// Each with the least that a scenario would say of it.
const PROGRAMS: [(&str, &str, &str); 3] = [
    (
        "dnsmasq",
        "listen = [53]\nlisten-udp = [53]",
        "no-hosts\nno-resolv\nserver={resolver}\nlisten-address={address}\nbind-interfaces\n",
    ),
    (
        "nginx",
        "listen = [443]",
        "events {}\nhttp { server { listen {address}:443 ssl http2; ssl_certificate {certificate}; ssl_certificate_key {key}; \
         location / { proxy_pass https://goproxy.corp.example; } } }\n",
    ),
    (
        "squid",
        "listen = [3128]",
        "http_port {address}:3128\nvisible_hostname squid\ndns_nameservers {resolver}\npid_filename none\npinger_enable off\n\
         netdb_filename none\ncache_log /dev/null\naccess_log stdio:{dir}/access.log\ncoredump_dir {dir}\nhttp_access allow all\n",
    ),
];

pub(crate) fn measure(setting: &Setting) -> Result<(), Box<dyn Error>> {
    println!("component world up and down (ms), {ROUNDS} rounds each, one after the other");
    println!("  program   up p50   up p95   down p50   both p50   both p95");
    for (program, listen, config) in PROGRAMS {
        let component = format!(
            "program = \"{program}\"\n{listen}\nfiles.\"{program}.conf\" = '''\n{config}'''"
        );
        let world = setting.world_with("true", &component)?;
        let costs = (0..ROUNDS)
            .map(|_| run_phase(&world, Phase::Control, &setting.options).map(|seen| seen.cost))
            .collect::<Result<Vec<_>, _>>()?;
        let up: Vec<f64> = costs.iter().map(|cost| milliseconds(cost.up)).collect();
        let down: Vec<f64> = costs.iter().map(|cost| milliseconds(cost.down)).collect();
        let both: Vec<f64> = costs
            .iter()
            .map(|cost| milliseconds(cost.up + cost.down))
            .collect();
        println!(
            "  {program:<8} {:>7.2} {:>8.2} {:>10.2} {:>10.2} {:>10.2}",
            quantile(&up, 0.5),
            quantile(&up, 0.95),
            quantile(&down, 0.5),
            quantile(&both, 0.5),
            quantile(&both, 0.95),
        );
    }
    println!();
    Ok(())
}
