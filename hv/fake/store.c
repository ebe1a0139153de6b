/*
 * The store's bell; its server is the test.
 */
#include <hv/fake/fake.h>

void hv_store_notify(void)
{
    fake_hv.store_notified++;
}
