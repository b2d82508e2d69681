/**
 * The logs of a node's containers: collected as they are written, kept on disk within a bound,
 * searched through the API as {@code logentries.logs.coracle.dev}, and shipped to an
 * Elasticsearch-compatible server where one is named.
 */
@NullMarked
package dev.coracle.logs;

import org.jspecify.annotations.NullMarked;
