"""The routes of the API, one module per noun: what is asked, which work it becomes, what is answered."""
