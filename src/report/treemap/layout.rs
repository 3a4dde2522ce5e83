//! Computes a squarified treemap: rectangles for weights that are close to squares.
//!
//! The algorithm is by Bruls, Huizing and van Wijk, "Squarified Treemaps" (2000).

/// A rectangle, in units of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    pub(super) fn area(&self) -> f64 {
        self.width * self.height
    }

    fn shorter_side(&self) -> f64 {
        self.width.min(self.height)
    }

    /// Returns the rectangle with its axes exchanged.
    fn transposed(self) -> Self {
        Self { x: self.y, y: self.x, width: self.height, height: self.width }
    }

    /// Returns the rectangle without a margin and a strip at its top.
    pub(super) fn inside(&self, margin: f64, top: f64) -> Self {
        Self {
            x: self.x + margin,
            y: self.y + margin + top,
            width: (self.width - 2.0 * margin).max(0.0),
            height: (self.height - 2.0 * margin - top).max(0.0),
        }
    }
}

/// Returns a rectangle for each weight; together they fill `within`. The weights must be in descending order.
pub(super) fn squarified(weights: &[u64], within: Rect) -> Vec<Rect> {
    let all: f64 = weights.iter().copied().map(float).sum();
    let areas: Vec<f64> = weights.iter().map(|&weight| float(weight) * within.area() / all).collect();
    let (mut rects, mut rest, mut row) = (Vec::with_capacity(areas.len()), within, &areas[..]);
    while !row.is_empty() {
        let (now, later) = row.split_at(row_length(row, rest.shorter_side()));
        rest = place(now, rest, &mut rects);
        row = later;
    }
    rects
}

/// Converts a file's size for computing with areas.
#[expect(clippy::cast_precision_loss, reason = "sizes of archives are far below 2^53")]
pub(super) fn float(weight: u64) -> f64 {
    weight as f64
}

/// Returns how many of these areas form a row in which they are closest to squares.
fn row_length(areas: &[f64], side: f64) -> usize {
    let (mut sum, mut best) = (0.0, f64::INFINITY);
    for (place, area) in areas.iter().enumerate() {
        sum += area;
        let worst = worst_ratio(areas[0], *area, sum, side);
        if worst > best {
            return place;
        }
        best = worst;
    }
    areas.len()
}

/// Returns the worst aspect ratio of a row that is `side` long: that of its largest or smallest area.
fn worst_ratio(largest: f64, smallest: f64, sum: f64, side: f64) -> f64 {
    let (sum, side) = (sum * sum, side * side);
    (side * largest / sum).max(sum / (side * smallest))
}

/// Places a row along the shorter side and returns the remaining rectangle.
fn place(row: &[f64], rest: Rect, rects: &mut Vec<Rect>) -> Rect {
    let sum: f64 = row.iter().sum();
    let is_wide = rest.width >= rest.height;
    let turned = |rect: Rect| if is_wide { rect } else { rect.transposed() };
    let rest = turned(rest);
    let width = if rest.height > 0.0 { sum / rest.height } else { 0.0 };
    let mut y = rest.y;
    for area in row {
        let height = if width > 0.0 { area / width } else { 0.0 };
        rects.push(turned(Rect { x: rest.x, y, width, height }));
        y += height;
    }
    turned(Rect { x: rest.x + width, width: (rest.width - width).max(0.0), ..rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHIN: Rect = Rect { x: 0.0, y: 0.0, width: 6.0, height: 4.0 };

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9
    }

    #[test]
    fn the_example_of_the_paper() {
        let rects = squarified(&[6, 6, 4, 3, 2, 2, 1], WITHIN);
        let expected = [(0.0, 0.0, 3.0, 2.0), (0.0, 2.0, 3.0, 2.0), (3.0, 0.0, 12.0 / 7.0, 7.0 / 3.0)];
        for (rect, (x, y, width, height)) in rects.iter().zip(expected) {
            let sides = [(rect.x, x), (rect.y, y), (rect.width, width), (rect.height, height)];
            assert!(sides.iter().all(|(one, other)| close(*one, *other)), "{rect:?}");
        }
    }

    #[test]
    fn areas_are_in_proportion_and_stay_inside() {
        let weights = [900, 500, 500, 100, 30, 7, 7, 1, 1, 1];
        let rects = squarified(&weights, WITHIN);
        let all: u64 = weights.iter().sum();
        for (rect, weight) in rects.iter().zip(weights) {
            assert!(close(rect.area(), float(weight) * WITHIN.area() / float(all)), "{rect:?}");
            assert!(rect.x >= 0.0 && rect.y >= 0.0, "{rect:?}");
            assert!(rect.x + rect.width <= 6.0 + 1e-9 && rect.y + rect.height <= 4.0 + 1e-9, "{rect:?}");
        }
    }

    #[test]
    fn no_weights_have_no_rectangles() {
        assert!(squarified(&[], WITHIN).is_empty());
        assert_eq!(squarified(&[5], WITHIN), [WITHIN]);
    }
}
