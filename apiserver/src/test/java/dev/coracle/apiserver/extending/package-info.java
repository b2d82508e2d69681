/** Tests of what extends the API: webhooks, policies, custom resources, aggregated servers. */
@org.jspecify.annotations.NullMarked
package dev.coracle.apiserver.extending;
