/**
 * Header by which the gateway tells the order service that a request may touch the orders of this customer only. It
 * takes rights away and gives none; without it the caller is one of the shop's own. Clients cannot set it: the gateway
 * passes no field on that it does not know.
 */
export const CUSTOMER_SCOPE_HEADER = 'x-customer-scope';
