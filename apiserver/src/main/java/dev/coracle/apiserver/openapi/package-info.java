/**
 * The OpenAPI documents of what this server serves: version 3 per group and version with an index,
 * which {@code kubectl} and Helm read, and version 2 as one document. {@link
 * dev.coracle.apiserver.openapi.OpenApiDocuments} is the entry; a document is built from the {@link
 * dev.coracle.api.schema.Scheme} when it is first asked for and kept compressed.
 */
@NullMarked
package dev.coracle.apiserver.openapi;

import org.jspecify.annotations.NullMarked;
