/** One class per verb, the same for HTTP and for direct calls. */
@NullMarked
package dev.coracle.apiserver.internal.verb;

import org.jspecify.annotations.NullMarked;
