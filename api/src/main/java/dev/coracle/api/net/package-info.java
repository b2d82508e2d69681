/** Addresses and ranges of both IP families, for those who give them out and route them. */
@NullMarked
package dev.coracle.api.net;

import org.jspecify.annotations.NullMarked;
