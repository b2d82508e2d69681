/** Ships entries to an Elasticsearch-compatible server. */
@NullMarked
package dev.coracle.logs.internal.sink;

import org.jspecify.annotations.NullMarked;
