/** The informer: an indexed store, and the list-and-watch loop that keeps it equal to the API. */
@NullMarked
package dev.coracle.client.internal.informer;

import org.jspecify.annotations.NullMarked;
