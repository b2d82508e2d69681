/** What stands behind the contracts of the client; closed to other modules. */
@NullMarked
package dev.coracle.client.internal;

import org.jspecify.annotations.NullMarked;
