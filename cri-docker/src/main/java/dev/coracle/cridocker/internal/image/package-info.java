/** Images of the engine. */
@NullMarked
package dev.coracle.cridocker.internal.image;

import org.jspecify.annotations.NullMarked;
