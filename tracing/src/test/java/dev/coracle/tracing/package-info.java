@NullMarked
package dev.coracle.tracing;

import org.jspecify.annotations.NullMarked;
