/** Tests that put faults below the embedded storage. */
@NullMarked
package dev.coracle.watchhub.internal.embedded;

import org.jspecify.annotations.NullMarked;
