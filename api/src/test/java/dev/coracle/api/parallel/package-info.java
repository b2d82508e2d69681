/** What tests need that run side by side in one JVM. */
@NullMarked
package dev.coracle.api.parallel;

import org.jspecify.annotations.NullMarked;
