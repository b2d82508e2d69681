/** Pod sandboxes and their containers as containers of Docker. */
@NullMarked
package dev.coracle.cridocker.internal.pod;

import org.jspecify.annotations.NullMarked;
