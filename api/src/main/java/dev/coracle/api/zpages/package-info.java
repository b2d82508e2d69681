/**
 * The pages on which a component tells about itself, {@code /statusz} (KEP-4827) and {@code /flagz}
 * (KEP-4828): what stands on them and in which form a client wants it. Whoever serves them sends
 * what they give.
 */
@NullMarked
package dev.coracle.api.zpages;

import org.jspecify.annotations.NullMarked;
