//! Medians and their neighbours.

use std::time::Duration;

/// The value below which the given share of `values` lies; zero for none.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((share * last as f64).round() as usize)
        .copied()
        .unwrap_or_default()
}

/// The median of `ones` in units of that of `others`.
pub(crate) fn ratio_of_medians(ones: &[f64], others: &[f64]) -> f64 {
    quantile(ones, 0.5) / quantile(others, 0.5)
}

/// Milliseconds with their fraction.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_whatever_the_order_and_the_rest() {
        assert_eq!(quantile(&[9.0, 1.0, 1000.0, 2.0, 3.0], 0.5), 3.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }

    #[test]
    fn the_quantiles_of_a_hundred_and_one_values_are_their_numbers() {
        let values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(&values, 0.95), 95.0);
        assert_eq!(quantile(&values, 1.0), 100.0);
    }

    #[test]
    fn medians_are_compared_and_not_means() {
        let one_slow = [2.0, 3.0, 400.0];
        assert_eq!(ratio_of_medians(&one_slow, &[1.0, 2.0, 2.0]), 1.5);
    }

    #[test]
    fn a_second_and_a_half_is_fifteen_hundred_milliseconds() {
        assert_eq!(milliseconds(Duration::from_millis(1500)), 1500.0);
    }
}
