/** Label and field selectors: what a list, a watch or an owner picks by. */
@NullMarked
package dev.coracle.api.selector;

import org.jspecify.annotations.NullMarked;
