/** Service addresses as nftables rules, changed in atomic transactions of only what changed. */
@NullMarked
package dev.coracle.proxy.internal.nft;

import org.jspecify.annotations.NullMarked;
